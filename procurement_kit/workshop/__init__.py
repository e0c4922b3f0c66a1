"""The invented municipality that demonstrations, exercises and tests are made on, with its planted truth."""
