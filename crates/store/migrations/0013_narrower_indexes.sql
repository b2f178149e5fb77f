-- Most leads have no such key when they are written: what is not there need not be found.
DROP INDEX contacts_by_phone;
CREATE INDEX contacts_by_phone ON contacts (source_id, phone_key) WHERE phone_key IS NOT NULL;
DROP INDEX contacts_by_person;
CREATE INDEX contacts_by_person ON contacts (person_key) WHERE person_key IS NOT NULL;
DROP INDEX enrollments_by_person;
CREATE INDEX enrollments_by_person ON enrollments (person_key) WHERE person_key IS NOT NULL;
