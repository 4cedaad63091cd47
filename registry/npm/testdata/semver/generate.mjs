// Writes golden.json: what npm's own semver makes of versions and ranges.
//
//   node generate.mjs [random cases] [seed] > golden.json
//
// The semver used is the one inside the npm that is on the PATH.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const root = execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const require = createRequire(join(root, 'npm', 'package.json'))
const semver = require('semver')

const random = Number(process.argv[2] ?? 150)
let state = Number(process.argv[3] ?? 1)
const next = n => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor(state / 2 ** 32 * n)
}
const pick = list => list[next(list.length)]

const max = '9007199254740991'
const big = '9007199254740992'
const versions = [
  '0.0.0', '0.0.0-0', '0.0.0-alpha', '0.0.1', '0.0.2', '0.0.2-rc.1', '0.1.0', '0.1.0-beta', '0.1.1', '0.2.0', '0.9.9',
  '1.0.0', '1.0.0-0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11',
  '1.0.0-rc.1', '1.0.0+build', '1.0.0-rc.1+build.5', '1.0.1', '1.1.0', '1.1.0-pre', '1.2.0', '1.2.0-0', '1.2.2', '1.2.3',
  '1.2.3-0', '1.2.3-alpha', '1.2.3-beta.1', '1.2.3-beta.10', '1.2.3-beta.2', '1.2.4', '1.2.4-alpha', '1.3.0', '1.3.0-0',
  '1.3.0-alpha', '1.10.0', '1.99.99', '2.0.0', '2.0.0-0', '2.0.0-alpha', '2.0.1', '2.1.0', '2.3.4', '2.4.0-0', '3.0.0',
  '3.0.0-rc.1', '3.4.5', '10.0.0', '4294967296.0.0', `${max}.0.0`, `0.0.${max}`, `1.2.3-${max}`, `1.2.3-${big}`,
  '1.2.3--', '1.2.3---1', '1.2.3-a-b.c-d', '1.2.3-A', '1.2.3-a', '1.2.3-1a', '1.2.3-0a', '1.2.3-x.7.z.92',
  'v1.2.3', '=1.2.3', 'v 1.2.4', '= v1.2.4', ' 1.2.3 ', '\t1.2.3\n', '\u00a01.2.3\ufeff', 'v\u20031.2.3', 'V1.2.3',
  '1.2.3beta', '1.2.3beta.2', '1.2.3-01', '01.2.3', '1.02.3', '1.2.03', '1.2.3-00a', '1.2.3-', '1.2.3-.a', '1.2.34.5',
  '1.2.34.05-b', '1.2.3.4', '1.2.34.', '1.2.34-5.', '1.2.3-a..b', '1.2.3-a.', '1.2.3+', '1.2.3+a+b', '1.2.3+a..b',
  '1.2.3+001', '1.2.3-a+-', '1.2.3 beta', '1.2', '1', '', ' ', 'x', '1.x.0', '1.2.3-é', '１.2.3', '-1.2.3', '+1.2.3',
  '1.-2.3', 'latest', '../1.2.3', '1.2.3/..', `${big}.0.0`, `0.${big}.0`, `0.0.${big}`, `1.2.3-0${big}`,
  `1.2.3-${'9'.repeat(40)}`, `1.2.3-${'a'.repeat(250)}`, `1.2.3-${'a'.repeat(251)}`, `1.2.3+${'b'.repeat(250)}`,
  `${' '.repeat(251)}1.2.3`, `${' '.repeat(252)}1.2.3`, `${'0'.repeat(100)}1.2.3`, `${'\u2003'.repeat(251)}1.2.3`,
  `1.2.3${'\u{1f600}'.repeat(126)}`,
]
const ranges = [
  '', '*', ' * ', 'x', 'X', 'x.x', '*.*.*', '1', '1.x', '1.*', '1.2', '1.2.x', '1.2.*', 'v1', '=1', '=1.2', '=1.2.3',
  'v1.2.3', '1.2.3', '1.2.3-alpha', '1.2.3+build', '1.2.x+build', '1.2.x-alpha', '1.x.x', '01.2.3', '1.2.3beta',
  '^1.2.3', '^1.2', '^1', '^1.x', '^1.2.x', '^0.1.2', '^0.1', '^0', '^0.x', '^0.0.1', '^0.0', '^0.0.x', '^0.0.0', '^x', '^*',
  '^1.2.3-alpha', '^0.1.0-beta', '^0.0.2-rc.1', '^1.2.3+b', '^v1.2.3', '^=1.2.3', '^ 1.2.3', '^  1', '^01.2.3', '^00.2.3',
  '^1.2.3beta', '^1.x.3', '^x.1', '^', '^a', '^^1', '^1.2.3.4', '^1.2.34.5',
  '~1.2.3', '~1.2', '~1', '~0', '~0.0', '~0.0.1', '~1.x', '~1.2.x', '~x', '~*', '~>1.2.3', '~>1.2', '~>1', '~ 1.2.3', '~> 1.2',
  '~ > 1.2.3', '~>=1.2', '~=1.2', '~v1.2', '~1.2.3-beta.1', '~0.0.2-rc.1', '~1.2.3beta', '~', '~~1', '~1.x.3',
  '>1', '>1.2', '>1.2.3', '>1.x', '>=1', '>=1.2', '>=1.2.3', '>=1.2.x', '<1', '<1.2', '<1.2.3', '<1.x', '<=1', '<=1.2', '<=1.2.3',
  '<=1.2.x', '>*', '<*', '>=*', '<=*', '>x', '=*', '=x', '> 1.2.3', '>= 1.2', '<  2', '<= 1.2', '= 1.2.3', '>v1.2.3', '>=v1.2',
  '>=1.2.3-alpha', '>1.2.3-alpha', '<1.2.3-beta.1', '<=1.2.3-beta.1', '>0', '>=0', '<0', '<=0', '>=0.0.0', '>=0.0.0-0', '<0.0.0',
  '<0.0.0-0', '>=1.2.3beta', '>=01.2', '>==1.2.3', '>==1.2', '> =1.2.3', '> =1.2', '=>1', '==1.2.3', '<>1', '>', '<', '>=', '=',
  '>=1.2.3 <2', '>=1.2.3 <1.2.3', '>1 <3', '>=1.2.3 <=2.3.4', '>=1 >=1', '>=0.0.0 >=0.0.0', '* *', '* 1.2.3', '1.2.3 *', '1.2.3 1.2.3', '1.2.3 1.2.4',
  '^1 ^1.2', '~1.2 >=1.2.3', '^1.2.3 || ^2', '1||2', '1 || 2 || 3', '||', '|| 1', '1 ||', '1 | 2', '* || 1.0.0-rc.1',
  '1.0.0-rc.1 || *', '<0.0.0-0 || 1', '1 || <0.0.0-0', '<0.0.0-0 || <0', '<* || <*', '<* 1', '1 <*', '1.0.0 || <* || x',
  '1.2.3-alpha || 2', '>=1.2.3-alpha <1.2.4', '>=1.2.3-alpha >=1.2.4', '^1.2.3-beta.2 || ~2.0.0-0',
  '1 - 2', '1.2 - 2', '1.2.3 - 2.3.4', '1.2.3 - 2.3', '1.2.3 - 2', '1.x - 2.x', '* - 2', '1 - *', '* - *', 'x - 1.2', '1.2.3-alpha - 2.0.0-alpha',
  '1.2.3 - 2.0.0-0', 'v1 - v2', '=1.2.3 - 2', '1 - =2.0.0', '1 - =2', 'v1.2.3 - v2.0.0', '1.2.3 -2.0.0', '1.2.3- 2.0.0', '1-2', '1 - 2 || 3', '1 - 2 - 3', '1 - 2 3',
  '>1 - 2', '1 - <2', '1.2.3+b - 2.0.0+c', '1.2.3 +b - 2', '01.2.3 - 2', '1 - 1.2.3beta', 'x.1 - 2', '1 - 2.x.1', '  1  -  2  ',
  'latest', 'a', '1 a', 'a 1', '1.2.3 a || b', 'a || b', 'a || 1', 'git://registry.example.com/a', '1.2.3 && 2', '1,2', '1.2.3.4', '1.2.34.5',
  'x.1', '*.1.2', '1.x.3', '1.*.3', '>x.1', '*1.2.3', '1.2.3*', '>*1.2.3', '1.2.3>=*', '^1.2.3*', '1**', '**', '>=**',
  '> v 1.2.3', '>v 1.2.3', '> foo', '> ^1.2.3', '^ >1.2.3', '~ ^1', '> = 1.2.3', '== 1.2.3', 'v 1.2.3', 'v = 1', '> > 1', '>1>2', '>=1<2', '1.2.3<2',
  '+', '+b', '+b 1', '1.2.3++a', '1.2.3+a+b', '1 +a', '1.2.3+', '1.2.3+a.', '1.2.3-a..b', '1.2.3-', '>=1.2.3-', '1.2.3-01', '>1.2.3-01',
  '\t1\n', '\u00a01\u2003||\ufeff2', '>\u00a01', `>${max}`, `<=${max}`, `^${max}`, `^${max}.0.0`, `~1.${max}`, `${max}`, `>=${max}.0.0`,
  `<${max}.0.0`, `${big}`, `^${big}.0.0`, `>${'9'.repeat(30)}`, `1.2.3-${'9'.repeat(30)}`, `1.2.3-${'a'.repeat(251)}`, '1.2.3-é', '１', '1.2.3\u00852', '\u00851',
]
const numbers = ['0', '0', '1', '1', '2', '3', '10', '00', '01', 'x', '*', 'X', '']
const pres = ['', '', '', '', '-0', '-alpha', '-beta.2', '-rc.1', '-01', 'beta', '-', '-a.', '+b', '-a+b.c', '.4']
const ops = ['', '', '', '^', '~', '~>', '>', '<', '>=', '<=', '=', 'v', '==', '>=v', '*', '^ ', '~ ', '> ', '<= ', '= ', '>  = ']
const gaps = [' ', ' ', ' ', '  ', ' - ', ' || ', '||', '', '-', ' +b ', ' = ', ' v ', ' * ', ' a ', ' > ']
const core = () => [pick(numbers), pick(numbers), pick(numbers)].slice(0, pick([1, 2, 3, 3, 3])).join('.')
for (let i = 0; i < random; i++) {
  versions.push(pick(['', '', '', 'v', '=', ' ']) + `${next(4)}.${next(4)}.${next(40)}` + pick(pres) + pick(['', '', pick(pres)]))
  let range = pick(ops) + core() + pick(pres)
  for (let n = pick([0, 0, 1, 1, 2]); n > 0; n--) {
    range += pick(gaps) + pick(ops) + core() + pick(pres)
  }
  ranges.push(range)
}

const unique = list => [...new Set(list)]
const golden = { semver: require('semver/package.json').version }
golden.versions = unique(versions).map(version => ({
  version,
  strict: semver.valid(version),
  loose: semver.valid(version, true),
}))
// Every range is tried on these; at most 120 keep the file small.
const tried = golden.versions.filter(v => v.loose !== null).map(v => v.version).filter(v => v.length < 30).slice(0, 120)
golden.tried = tried
golden.compare = tried.map(a => tried.map(b => '<=>'[semver.compare(a, b, true) + 1]).join(''))
const attempt = (range, options) => {
  const normal = semver.validRange(range, options)
  if (normal === null) {
    return null
  }
  const { range: text } = new semver.Range(range, options)
  const test = extra => tried.map(v => semver.satisfies(v, range, { ...options, ...extra }) ? '1' : '0').join('')
  return { normal: text, matches: test({}), withPre: test({ includePrerelease: true }), max: semver.maxSatisfying(tried, range, options) }
}
golden.ranges = unique(ranges).map(range => ({
  range,
  strict: attempt(range, {}),
  loose: attempt(range, { loose: true }),
}))
const rows = list => `[\n${list.map(item => JSON.stringify(item)).join(',\n')}\n]`
console.log(`{\n"semver": ${JSON.stringify(golden.semver)},\n"versions": ${rows(golden.versions)},\n"tried": ${JSON.stringify(tried)},\n` +
  `"compare": ${rows(golden.compare)},\n"ranges": ${rows(golden.ranges)}\n}`)
