"""The shape of input, one module per noun: WTForms only. Refuses to hold rules or queries."""
