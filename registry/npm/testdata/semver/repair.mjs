// Writes repair.json: where dist-tags move when their versions are removed,
// by npm's own semver.
//
//   node repair.mjs [random cases] [seed] > repair.json
//
// The semver used is the one inside the npm that is on the PATH.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const root = execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const require = createRequire(join(root, 'npm', 'package.json'))
const semver = require('semver')

const random = Number(process.argv[2] ?? 400)
let state = Number(process.argv[3] ?? 1)
const next = n => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor(state / 2 ** 32 * n)
}
const pick = list => list[next(list.length)]

const loose = { loose: true }
const major = v => semver.major(v, loose)
const prerelease = v => semver.prerelease(v, loose)
const channel = v => {
  const ids = prerelease(v)
  return ids === null ? 'release' : /^\d+$/.test(ids[0]) ? 'numbers' : `word ${ids[0]}`
}

// The rule: the highest remaining version that is not above the target; first
// among those of the best group that has any.
const repair = (tag, target, remaining) => {
  if (semver.parse(target.key, loose) === null) {
    return ''
  }
  const fits = remaining.filter(({ key }) => semver.parse(key, loose) !== null &&
    semver.lte(key, target.key, loose) &&
    (tag === 'latest' ? prerelease(target.key) !== null || prerelease(key) === null : channel(key) === channel(target.key)))
  const same = ({ key }) => major(key) === major(target.key)
  const advised = ({ deprecated }) => !deprecated || target.deprecated
  const groups = [v => advised(v) && same(v), advised, same, () => true]
  const best = groups.map(group => fits.filter(group)).find(group => group.length > 0) ?? []
  // The sort is stable: of equal versions the first one stays first.
  return best.map(v => v.key).sort((a, b) => semver.rcompare(a, b, loose))[0] ?? ''
}

const version = () => {
  const core = `${next(3)}.${next(2)}.${next(3)}`
  switch (next(12)) {
    case 0: case 1: return `${core}-${pick(['beta', 'beta', 'rc'])}.${next(12)}`
    case 2: return `${core}-${next(12)}`
    case 3: return `${core}+${pick(['a', 'b', '7'])}`
    case 4: return pick([`v${core}`, `=${core}`, `${core}beta`, `${core}-beta`, `${core}-beta.${next(3)}+x`, `0${core}`])
    case 5: return pick(['latest', '', '1.x', `${core}.1`, core + '-', '9007199254740993.0.0', core])
    default: return core
  }
}

const cases = []
for (let i = 0; i < random; i++) {
  const all = [...new Set(Array.from({ length: 1 + next(16) }, version))]
  const removed = []
  const remaining = []
  const often = next(4)
  for (const key of all) {
    const v = { key, ...(next(4) === 0 && { deprecated: true }) }
    ;(next(6) <= often ? removed : remaining).push(v)
  }
  // Tags point to high versions more often, so that there is something below.
  const high = all.filter(v => semver.parse(v, loose) !== null).sort((a, b) => semver.rcompare(a, b, loose)).slice(0, 3)
  const tags = ['latest', 'beta', 'next'].map(name => ({ name, version: pick(next(3) === 0 || high.length === 0 ? all : high) }))
  const want = {}
  for (const { name, version } of tags) {
    const target = removed.find(v => v.key === version)
    if (target !== undefined) {
      want[name] = repair(name, target, remaining)
    }
  }
  cases.push({ tags, remaining, removed, want })
}
console.log(`{\n"semver": ${JSON.stringify(require('semver/package.json').version)},\n"cases": [\n` +
  `${cases.map(c => JSON.stringify(c)).join(',\n')}\n]}`)
