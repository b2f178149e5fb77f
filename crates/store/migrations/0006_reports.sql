-- From which day on a campaign's days are read without a gap. What an earlier version has read begins with its first day.
ALTER TABLE campaigns ADD COLUMN days_read_from DATE;
UPDATE campaigns SET days_read_from = (SELECT MIN(m.date) FROM daily_metrics AS m
    WHERE m.source_id = campaigns.source_id AND m.campaign_id = campaigns.external_id);

-- One person across services: known by client and e-mail address, else phone number. It follows from the rows; the
-- program keeps it so.
ALTER TABLE contacts ADD COLUMN phone_e164 TEXT;
ALTER TABLE contacts ADD COLUMN person_key TEXT;
ALTER TABLE enrollments ADD COLUMN person_key TEXT;
CREATE INDEX contacts_by_person ON contacts (person_key);
CREATE INDEX enrollments_by_person ON enrollments (person_key);
CREATE INDEX enrollments_by_lead ON enrollments (source_id, external_lead_id);

-- Not by source: its source_id is 0.
CREATE TABLE people (
    source_id BIGINT NOT NULL,
    person_key TEXT NOT NULL,
    smartlead_first_at TIMESTAMPTZ,
    smartlead_last_at TIMESTAMPTZ,
    replyio_first_at TIMESTAMPTZ,
    replyio_last_at TIMESTAMPTZ,
    phoneburner_first_at TIMESTAMPTZ,
    phoneburner_last_at TIMESTAMPTZ,
    PRIMARY KEY (source_id, person_key)
);
-- Who works on people locks this row.
INSERT INTO serials (name, last) VALUES ('people', 0);

-- One row per call that was made. A call that is told twice is one; a call that came in is none.
CREATE VIEW report_calls AS
SELECT
    a.source_id,
    d.platform,
    d.name AS source_name,
    COALESCE(k.name, 'client ' || k.external_id) AS client_name,
    a.origin,
    a.external_id AS call_id,
    a.session_id,
    a.contact_id,
    c.person_key,
    a.caller_user_id,
    COALESCE(NULLIF(TRIM(COALESCE(p.first_name, '') || ' ' || COALESCE(p.last_name, '')), ''), p.email,
        'member ' || a.caller_user_id) AS caller_name,
    a.started_at,
    a.duration_seconds,
    a.disposition,
    a.disposition_normal,
    1 AS dials,
    CASE WHEN a.is_connected THEN 1 WHEN a.is_connected IS NOT NULL THEN 0 END AS connects,
    CASE
        WHEN a.is_connected AND a.duration_seconds >= 60 THEN 1
        WHEN a.duration_seconds < 60 THEN 0
        WHEN a.is_connected IS NOT NULL AND NOT a.is_connected THEN 0
    END AS conversations,
    CASE
        WHEN a.is_connected THEN a.duration_seconds
        WHEN a.is_connected IS NOT NULL THEN 0
    END AS talk_seconds,
    CASE
        WHEN a.disposition_normal = 'appointment_set' THEN 1
        WHEN a.disposition_normal IS NOT NULL THEN 0
    END AS meetings
FROM call_activities a
JOIN data_sources d ON d.id = a.source_id
LEFT JOIN call_sessions s ON s.source_id = a.source_id AND s.external_id = a.session_id
LEFT JOIN clients k ON k.source_id = a.source_id AND k.external_id = COALESCE(s.client_id, 'source')
LEFT JOIN profiles p ON p.source_id = a.source_id AND p.external_id = a.caller_user_id
LEFT JOIN contacts c ON c.source_id = a.source_id AND c.external_lead_id = a.contact_id
WHERE a.same_call_id IS NULL AND (a.disposition_normal IS NULL OR a.disposition_normal <> 'received_call');

-- One row per lead in a campaign: how far the person has come, over all services. 1 yes, 0 no, NULL unknown: calls are
-- unknown while no account with calls is stored, or while nothing tells who the person is.
CREATE VIEW report_journeys AS
SELECT
    e.source_id,
    r.platform,
    r.source_name,
    r.client_name,
    e.campaign_id,
    r.campaign_name,
    e.external_lead_id,
    e.person_key,
    e.enrolled_at,
    CASE
        WHEN e.current_step >= 1 OR e.reply_count >= 1 THEN 1
        WHEN e.current_step = 0 THEN 0
    END AS emailed,
    CASE WHEN e.reply_count >= 1 THEN 1 WHEN e.reply_count = 0 THEN 0 END AS replied,
    CASE
        WHEN q.calls >= 1 THEN 1
        WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0
    END AS called,
    CASE
        WHEN q.connects >= 1 THEN 1
        WHEN q.calls IS NOT NULL AND q.connects_known < q.calls THEN NULL
        WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0
    END AS connected,
    CASE
        WHEN g.is_meeting OR q.meetings >= 1 THEN 1
        WHEN e.reply_count IS NOT NULL OR e.category_id IS NOT NULL THEN 0
    END AS meeting,
    -- No service tells it among its leads.
    CAST(NULL AS TIMESTAMPTZ) AS first_reply_at,
    q.first_call_at
FROM enrollments e
JOIN report_campaigns r ON r.source_id = e.source_id AND r.campaign_id = e.campaign_id
LEFT JOIN lead_categories g ON g.source_id = e.source_id AND g.external_id = e.category_id
LEFT JOIN (
    SELECT person_key, COUNT(*) AS calls, SUM(connects) AS connects, COUNT(connects) AS connects_known,
        SUM(meetings) AS meetings, MIN(started_at) AS first_call_at
    FROM report_calls WHERE person_key IS NOT NULL GROUP BY person_key
) q ON q.person_key = e.person_key
CROSS JOIN (SELECT COUNT(*) AS accounts FROM data_sources WHERE platform = 'phoneburner') t;
