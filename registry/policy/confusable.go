package policy

// confusable is G08: a public name that resembles a private one is for those
// who mistype the private one.
func (c *check) confusable() finding {
	switch c.name.Lookalike.State {
	case No:
		return pass("it resembles no private name")
	case Yes:
		return hit(c.name.Name.String() + " resembles private " + shownName(c.name.Lookalike.Of))
	}
	return lack(NeedName)
}
