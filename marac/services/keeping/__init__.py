"""Running a deployment: founding, doctor, the operator's console. Opens no case."""
