// Package config owns larder's settings: what there is to set, where values
// come from (flag over LARDER_* environment over file over default) and whether
// they make sense. It also reads npm's own configuration to find an upstream.
// It knows nothing of the packages that use the values; cmd translates.
package config
