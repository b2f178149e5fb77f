//! Why our figure is another than the service's own: each reason comes out where it is so, and no other.

use atlas_store::{Filter, Reason, Store};
use atlas_twin::Dialect;
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::syncs::sync;
use crate::webhooks::{Server, target};
use crate::world::{Desk, block_on, engines, execute, twin};

/// What is said of a campaign's figure: the reason, and by how much ours is more.
fn said(desk: &Desk, campaign: &str, metric: &str) -> (Reason, Option<i64>) {
    let told = block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let told = store.report_reconciliation(&Filter::default()).await.unwrap();
        store.close().await;
        told
    });
    let lines: Vec<_> = told.campaigns.iter().filter(|line| line.metric == metric).collect();
    for line in &lines {
        assert_eq!(line.reason == Reason::Equal, line.explanation.is_empty(), "{line:?}");
    }
    // The source tells how many of its campaigns differ for which reason, and sums what both sides know.
    let source = told.sources.iter().find(|source| source.metric == metric).unwrap();
    for (reason, campaigns) in &source.reasons {
        let counted = lines.iter().filter(|line| line.reason == *reason).count();
        assert_eq!(*campaigns, i64::try_from(counted).unwrap(), "{source:?}");
    }
    let difference: i64 = lines.iter().filter_map(|line| line.difference).sum();
    assert_eq!(source.ours - source.theirs, difference, "{source:?}");
    let line = lines.iter().find(|line| line.campaign_id == campaign).unwrap();
    (line.reason, line.difference)
}

/// Posts deliveries and lets them be understood.
fn posted(desk: &Desk, address: &str, deliveries: &[Value]) {
    let server = Server::start(desk);
    for delivery in deliveries {
        assert_eq!(server.post(address, delivery.to_string().as_bytes()).status, 200);
    }
    server.stop().expect(0);
    desk.run(&["replay", "--failed"]).expect(0);
}

#[test]
fn every_reason_of_a_difference_comes_out() {
    let twin = twin(Dialect::Live, 6);
    let account = twin.account();
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["source", "set", "acme", "backfill_days=600"]).expect(0);
        sync(&desk);
        let known = |id: &str| {
            ["total_sent", "total_replied", "total_bounced"]
                .iter()
                .all(|name| said(&desk, id, name) == (Reason::Equal, Some(0)))
        };
        let campaign = account.campaigns.iter().find(|campaign| known(&campaign.id.to_string()));
        let campaign = campaign.expect("a campaign of which all days are read");
        let id = campaign.id.to_string();
        let told = |metric: &str| said(&desk, &id, metric);
        let theirs = |set: &str| {
            let sql = format!("UPDATE campaigns SET {set} WHERE external_id = '{id}'");
            execute(&desk.url, &[sql]);
        };

        // The service counts more than its own days tell.
        theirs("total_sent = total_sent + 7");
        assert_eq!(told("total_sent"), (Reason::Unknown, Some(-7)), "{engine:?}");
        // A day tells nothing of it.
        let days_that_tell = |more: &str| {
            let sql = format!(
                "UPDATE campaign_months SET emails_sent_known = emails_sent_known {more} WHERE campaign_id = '{id}' \
                 AND month = (SELECT MAX(m.month) FROM campaign_months AS m WHERE m.campaign_id = '{id}')"
            );
            execute(&desk.url, &[sql]);
        };
        days_that_tell("- 1");
        assert_eq!(told("total_sent"), (Reason::NotTold, Some(-7)), "{engine:?}");
        days_that_tell("+ 1");
        let gap = format!(
            "INSERT INTO delivery_gaps (source_id, campaign_id, from_at, to_at, asked_at) SELECT source_id, external_id, \
             last_synced_at, last_synced_at, last_synced_at FROM campaigns WHERE external_id = '{id}'"
        );
        execute(&desk.url, &[gap]);
        assert_eq!(told("total_sent"), (Reason::MissedDeliveries, Some(-7)), "{engine:?}");
        execute(&desk.url, &["DELETE FROM delivery_gaps".to_owned()]);
        theirs("started_at = NULL");
        assert_eq!(told("total_sent"), (Reason::DaysNotCovered, Some(-7)), "{engine:?}");
        theirs("total_sent = total_sent - 7, total_bounced = NULL");
        assert_eq!(told("total_bounced"), (Reason::NotTold, None), "{engine:?}");

        // Deliveries tell of a day on which the service's own days have nothing, before it was last asked.
        let quiet = (1..60).map(|back| account.today - back.days());
        let quiet = quiet.filter(|day| campaign.days.iter().all(|one| one.date != *day || one.sent == 0));
        let day = quiet.into_iter().next().expect("a day without e-mails");
        let address = target(&desk, "acme", &[]);
        let event = |kind: &str, number: usize, at: String| {
            json!({"event_type": kind, "campaign_id": campaign.id, "stats_id": format!("of-{kind}-{number}"),
                "to_email": "ada@receiver.test", "sl_email_lead_id": "990001", "sequence_number": 1, "time_sent": at,
                "time_replied": at, "reply_message": {"message_id": format!("<{number}@x>"), "text": "Gladly"}})
        };
        posted(
            &desk,
            &address,
            &[1, 2].map(|number| event("EMAIL_SENT", number, format!("{day}T12:00:00Z"))),
        );
        assert_eq!(told("total_sent"), (Reason::TimeZone, Some(2)), "{engine:?}");
        theirs("total_sent = total_sent + 1");
        assert_eq!(told("total_sent"), (Reason::Unknown, Some(1)), "{engine:?}");
        theirs("total_sent = total_sent - 1");

        // One lead answers twice, and the service counts both.
        posted(
            &desk,
            &address,
            &[3, 4].map(|number| event("EMAIL_REPLY", number, format!("{day}T13:0{number}:00Z"))),
        );
        theirs("total_replied = 2");
        assert_eq!(told("total_replied").0, Reason::PerMessage, "{engine:?}");

        // Something happened since the service was last asked.
        posted(&desk, &address, &[event("EMAIL_SENT", 5, format!("{}T23:00:00Z", account.today))]);
        assert_eq!(told("total_sent").0, Reason::LateEvents, "{engine:?}");
    }
}
