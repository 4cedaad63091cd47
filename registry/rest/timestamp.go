package rest

import "time"

// timestamp is a time as GitLab writes it: ISO 8601 in UTC with milliseconds.
// Zero is null.
type timestamp time.Time

// MarshalJSON implements json.Marshaler.
func (t timestamp) MarshalJSON() ([]byte, error) {
	at := time.Time(t)
	if at.IsZero() {
		return []byte("null"), nil
	}
	const layout = `"2006-01-02T15:04:05.000Z"`
	return at.UTC().AppendFormat(make([]byte, 0, len(layout)), layout), nil
}

// date is a day as GitLab writes it. Zero is null.
type date time.Time

// MarshalJSON implements json.Marshaler.
func (d date) MarshalJSON() ([]byte, error) {
	at := time.Time(d)
	if at.IsZero() {
		return []byte("null"), nil
	}
	return []byte(at.UTC().Format(`"2006-01-02"`)), nil
}
