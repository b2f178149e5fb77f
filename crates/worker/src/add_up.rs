//! Adds up replies and leads of campaigns that were written to, so that reports need not count them one by one.

use atlas_store::Store;
use atlas_sync::Error;

/// Campaigns in a transaction.
const CAMPAIGNS: usize = 10;

/// Brings the sums of all campaigns up to date, as far as nobody writes to them or adds them up meanwhile.
pub async fn add_up_campaigns(store: &Store) -> Result<(), Error> {
    // With whomever the first time finds in two campaigns the other one has to be added up again.
    for _ in 0..2 {
        for source in store.sources().await? {
            for some in store.campaigns_to_sum(source.id).await?.chunks(CAMPAIGNS) {
                store.sum_campaigns(&source, some).await?;
            }
        }
    }
    Ok(())
}
