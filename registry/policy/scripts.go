package policy

// scripts is G14: worms bring a script that runs on install to packages that
// had none, or a binding.gyp, which runs without one.
func (c *check) scripts() finding {
	v := c.version
	hooks, has := v.hooks()
	switch {
	case has == No:
		return pass("nothing runs when it is installed")
	case v.Lineage == LineageFirst:
		return pass("there is no version before to compare it with")
	case v.Lineage != LineageKnown || v.Previous == nil:
		return lack(NeedPrevious)
	}
	switch _, had := v.Previous.hooks(); {
	case had == Yes:
		return pass("the version before ran something on install as well")
	case has == Unknown:
		return lack(NeedTarball)
	}
	text := "new install script (" + hooks.String() + ")" + c.notIn()
	if _, had := v.Previous.hooks(); had == Unknown {
		f := lack(NeedPreviousTarball)
		if v.Previous.Declared != nil {
			f.likely = text
		}
		return f
	}
	return hit(text)
}
