-- A look-up by source and key takes the key's own index only if no other one begins with the source: a PostgreSQL that
-- has counted nothing yet takes these for as good, and the checks of foreign keys keep that plan while the table grows.
DROP INDEX contacts_by_email;
CREATE INDEX contacts_by_email ON contacts (lower(email));
DROP INDEX journal_by_call;
CREATE INDEX journal_by_call ON journal (endpoint, source_id, params, id);
