// Package space tells how much room a file system has. What is done about it is
// up to those who write.
package space
