"""The classic shapes, as tables: what each may show, why, and how many executions it has."""
