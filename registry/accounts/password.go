package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The cost of a password check, as OWASP's "Password Storage Cheat Sheet" has
// it for argon2id, and the bounds of what is read back.
const (
	hashMemory  = 19 << 10 // KiB
	hashTime    = 2
	hashThreads = 1
	saltSize    = 16
	hashSize    = 32

	maxHashMemory  = 256 << 10
	maxHashTime    = 16
	maxHashThreads = 8
	maxHashPart    = 64
)

// The bounds of passwords.
const (
	minPassword = 8   // characters
	maxPassword = 512 // bytes
)

// passwordHash is a salted slow hash with what it cost.
type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// matches does the slow work.
func (h passwordHash) matches(password string) bool {
	sum := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1
}

// String encodes the hash in the usual form, "$argon2id$v=19$m=…,t=…,p=…$salt$sum".
func (h passwordHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.sum))
}

// parseHash reads what String wrote. What is out of bounds is corrupt: a hash
// that was tampered with must not make the server use all its memory.
func parseHash(s string) (passwordHash, error) {
	bad := fmt.Errorf("password hash: %w", record.ErrCorrupt)
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return passwordHash{}, bad
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return passwordHash{}, bad
	}
	var n [3]uint32
	for i, limit := range []uint32{maxHashMemory, maxHashTime, maxHashThreads} {
		digits, ok := strings.CutPrefix(costs[i], "mtp"[i:i+1]+"=")
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || v == 0 || v > uint64(limit) {
			return passwordHash{}, bad
		}
		n[i] = uint32(v)
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || !between(len(salt), 8, maxHashPart) || !between(len(sum), 16, maxHashPart) {
		return passwordHash{}, bad
	}
	return passwordHash{memory: n[0], time: n[1], threads: uint8(n[2]), salt: salt, sum: sum}, nil
}

func between(n, low, high int) bool { return low <= n && n <= high }

func newSalted() (passwordHash, error) {
	random := make([]byte, saltSize+hashSize)
	if _, err := rand.Read(random); err != nil {
		return passwordHash{}, fmt.Errorf("make salt: %w", err)
	}
	return passwordHash{memory: hashMemory, time: hashTime, threads: hashThreads,
		salt: random[:saltSize], sum: random[saltSize:]}, nil
}

// newDecoy returns a hash of no password. Checking against it costs what a
// check of a real one costs, so that nobody can tell which users there are.
func newDecoy() (passwordHash, error) { return newSalted() }

// hashPassword checks that a new password is acceptable and hashes it.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	h, err := newSalted()
	if err != nil {
		return "", err
	}
	if err := s.slots.take(ctx); err != nil {
		return "", err
	}
	defer s.slots.free()
	h.sum = argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, hashSize)
	return h.String(), nil
}

func checkPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return refuseField("Password", "is too short (minimum is %d characters)", minPassword)
	case len(password) > maxPassword:
		return refuseField("Password", "is too long (maximum is %d bytes)", maxPassword)
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return refuseField("Password", "is no text")
	}
	return nil
}

// The bounds of work on passwords: each check needs 19 MiB and a processor.
const (
	maxHashing = 2
	maxWaiting = 100
)

// slots bound how many passwords are hashed at a time.
type slots struct{ working, waiting chan struct{} }

func newSlots() *slots {
	return &slots{working: make(chan struct{}, maxHashing), waiting: make(chan struct{}, maxWaiting)}
}

// take waits for a slot. It fails at once where too many wait.
func (s *slots) take(ctx context.Context) error {
	select {
	case s.waiting <- struct{}{}:
	default:
		return &npm.Error{Kind: npm.ErrUnavailable, Text: "too many people sign in at the moment: try again",
			RetryAfter: 5 * time.Second}
	}
	defer func() { <-s.waiting }()
	select {
	case s.working <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to check password: %w", ctx.Err())
	}
}

func (s *slots) free() { <-s.working }
