//! Who may look and change: users with their sessions, tokens for programs, share links for a client's own people.

use std::fmt;
use std::str::FromStr;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use atlas_model::{Secret, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_log::note;
use crate::db::{DbRow, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::serials::next;

const TOKEN_BYTES: usize = 32;
/// Shorter ones are guessed.
const PASSWORD_LETTERS: usize = 10;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, users and tokens too.
    Admin,
    /// Sees everything, changes what the data is about.
    Member,
    /// Sees one client.
    ClientViewer,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look.
    Read,
    /// Look, and change what the data is about.
    Write,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A program.
    Api,
    /// People of a client who have a link.
    Share,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// Its number.
    pub id: i64,
    /// The address, in lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// The only client that a client-viewer sees.
    pub client: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// A token or a share link; the text that opens the door is told once, when it is made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// The only client that it shows.
    pub client: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// Since when.
    pub created_at: Timestamp,
    /// From when on it is no longer taken; none for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for.
    pub kind: TokenKind,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// The only client that it shows.
    pub client: Option<String>,
    /// From when on it is no longer taken.
    pub expires_at: Option<Timestamp>,
}

/// Words of an enumeration as they are stored.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ }) => {
        impl $name {
            /// As it is stored and written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> std::result::Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("'{other}' is none of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Role { Admin = "admin", Member = "member", ClientViewer = "client-viewer" });
words!(Scope { Read = "read", Write = "write" });
words!(TokenKind { Api = "api", Share = "share" });

/// A password as it is stored: argon2id, slow on purpose.
pub fn hash_password(password: &Secret) -> Result<String> {
    if password.expose().chars().count() < PASSWORD_LETTERS {
        let message = format!("a password has {PASSWORD_LETTERS} letters at least");
        return Err(Error::new(ErrorKind::Refused, message, "a few words in a row are easy to keep in mind"));
    }
    let hash = Argon2::default().hash_password(password.expose().as_bytes());
    Ok(hash.map_err(|error| Error::new(ErrorKind::Other, format!("the password: {error}"), ""))?.to_string())
}

/// Whether it is the password. Takes as long for a user that there is not.
pub fn is_password(password: &Secret, stored: Option<&str>) -> bool {
    /// Of a password that nobody has.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$5H4HyWVLuC3rtQ8qOWgyKJBVjmkWqCTBOOEcA7pIzl4";
    let is_it = PasswordHash::new(stored.unwrap_or(NOBODY))
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok());
    is_it && stored.is_some()
}

/// A text that nobody guesses, to be told once.
pub fn new_token() -> Result<Secret> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Other, "the machine could not get random bytes", ""))?;
    Ok(Secret::new(&URL_SAFE_NO_PAD.encode(bytes)))
}

fn hashed(token: &Secret) -> String {
    sha256(token.expose().as_bytes())
}

/// What no browser's cookie comes to.
fn of_link(token: &Secret) -> String {
    sha256(format!("link {}", token.expose()).as_bytes())
}

const USER: &str = "u.id, u.email, u.role, u.client, u.created_at, u.last_sign_in_at";
const TOKEN: &str = "id, name, scope, client, created_by, created_at, expires_at, last_used_at";

impl Store {
    /// All users, by address.
    pub async fn users(&self) -> Result<Vec<User>> {
        let rows = self.fetch(&format!("SELECT {USER} FROM users AS u ORDER BY u.email"), []).await?;
        rows.iter().map(user).collect()
    }

    /// Whether anybody may sign in.
    pub async fn has_users(&self) -> Result<bool> {
        Ok(!self.fetch("SELECT id FROM users LIMIT 1", []).await?.is_empty())
    }

    /// Stores a user with the hash of a password. Where it must be the first one, a second is refused.
    pub async fn add_user(
        &self,
        (email, role, client): (&str, Role, Option<&str>),
        password_hash: &str,
        is_first: bool,
        (who, now): (&str, Timestamp),
    ) -> Result<User> {
        let email = email.trim().to_lowercase();
        if !email.contains('@') || email.contains(char::is_whitespace) {
            return Err(Error::new(ErrorKind::Refused, format!("'{email}' is no e-mail address"), ""));
        }
        if (role == Role::ClientViewer) != client.is_some() {
            let message = "a client-viewer, and nobody else, belongs to a client";
            return Err(Error::new(ErrorKind::Refused, message, ""));
        }
        let mut tx = self.begin().await?;
        let id = next(&mut tx, "users").await?;
        let taken = tx.fetch("SELECT email FROM users", []).await?;
        if is_first && !taken.is_empty() {
            return Err(Error::new(ErrorKind::Taken, "there is a user already: sign in", ""));
        }
        if taken.iter().map(|row| row.text("email")).collect::<Result<Vec<_>>>()?.contains(&email) {
            return Err(Error::new(ErrorKind::Taken, format!("there is a user '{email}' already"), ""));
        }
        let sql = "INSERT INTO users (id, email, role, client, password, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let client = client.map(str::to_owned);
        let params = [
            id.into(),
            email.as_str().into(),
            role.as_str().into(),
            client.clone().into(),
            password_hash.into(),
            now.into(),
        ];
        tx.execute(sql, params).await?;
        note(&mut tx, who, now, "user added", &format!("{email} as {role}")).await?;
        tx.commit().await?;
        Ok(User { id, email, role, client, created_at: now, last_sign_in_at: None })
    }

    /// Removes a user; their sessions end. The last admin stays, or nobody could say who may do what.
    pub async fn remove_user(&self, email: &str, (who, now): (&str, Timestamp)) -> Result<bool> {
        let email = email.trim().to_lowercase();
        let mut tx = self.begin().await?;
        // Two who remove each other come one after the other.
        next(&mut tx, "users").await?;
        let sessions = "DELETE FROM user_sessions WHERE user_id IN (SELECT id FROM users WHERE email = $1)";
        tx.execute(sessions, [email.as_str().into()]).await?;
        let remove = "DELETE FROM users WHERE email = $1 RETURNING role";
        let removed = tx.fetch(remove, [email.as_str().into()]).await?;
        let Some(role) = removed.first().map(|row| row.text("role")).transpose()? else { return Ok(false) };
        let others = "SELECT id FROM users WHERE role = $1 LIMIT 1";
        let is_admin = role == Role::Admin.as_str();
        if is_admin && tx.fetch(others, [role.into()]).await?.is_empty() {
            let message = format!("'{email}' is the only admin, and stays");
            let hint = "make somebody else an admin first: atlas user add EMAIL --role admin";
            return Err(Error::new(ErrorKind::Refused, message, hint));
        }
        note(&mut tx, who, now, "user removed", &email).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The user of that address with the hash of the password.
    pub async fn user_to_sign_in(&self, email: &str) -> Result<Option<(User, String)>> {
        let sql = format!("SELECT {USER}, u.password FROM users AS u WHERE u.email = $1");
        let rows = self.fetch(&sql, [email.trim().to_lowercase().into()]).await?;
        rows.first().map(|row| Ok((user(row)?, row.text("password")?))).transpose()
    }

    /// Begins a session; what the browser shall hold.
    pub async fn open_session(&self, user: &User, now: Timestamp, expires_at: Timestamp) -> Result<Secret> {
        let token = new_token()?;
        let mut tx = self.begin().await?;
        tx.execute("DELETE FROM user_sessions WHERE expires_at <= $1", [now.into()]).await?;
        let sql = "INSERT INTO user_sessions (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, [hashed(&token).into(), user.id.into(), now.into(), expires_at.into()]).await?;
        let seen = "UPDATE users SET last_sign_in_at = $2 WHERE id = $1";
        tx.execute(seen, [user.id.into(), now.into()]).await?;
        note(&mut tx, &user.email, now, "signed in", &user.email).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Makes what signs somebody in once; it lies among the sessions and is none.
    pub async fn add_sign_in_link(
        &self,
        user: &User,
        (who, now): (&str, Timestamp),
        expires_at: Timestamp,
    ) -> Result<Secret> {
        let token = new_token()?;
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO user_sessions (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, [of_link(&token).into(), user.id.into(), now.into(), expires_at.into()]).await?;
        note(&mut tx, who, now, "sign-in link made", &user.email).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Uses one up; whom it signs in, if it held.
    pub async fn take_sign_in_link(&self, token: &Secret, now: Timestamp) -> Result<Option<User>> {
        let mut tx = self.begin().await?;
        let take = "DELETE FROM user_sessions WHERE hash = $1 AND expires_at > $2 RETURNING user_id";
        let taken = tx.fetch(take, [of_link(token).into(), now.into()]).await?;
        let id = taken.first().map(|row| row.integer("user_id")).transpose()?;
        tx.commit().await?;
        let Some(id) = id else { return Ok(None) };
        let sql = format!("SELECT {USER} FROM users AS u WHERE u.id = $1");
        self.fetch(&sql, [id.into()]).await?.first().map(user).transpose()
    }

    /// Whose session it is, if it holds.
    pub async fn session(&self, token: &Secret, now: Timestamp) -> Result<Option<User>> {
        let sql = format!(
            "SELECT {USER} FROM user_sessions AS s JOIN users AS u ON u.id = s.user_id \
             WHERE s.hash = $1 AND s.expires_at > $2"
        );
        self.fetch(&sql, [hashed(token).into(), now.into()]).await?.first().map(user).transpose()
    }

    /// Ends a session.
    pub async fn close_session(&self, token: &Secret) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.execute("DELETE FROM user_sessions WHERE hash = $1", [hashed(token).into()]).await?;
        tx.commit().await
    }

    /// Makes a token or a share link; its text is told here and never again.
    pub async fn add_token(&self, new: &NewToken, (who, now): (&str, Timestamp)) -> Result<(Token, Secret)> {
        if new.kind == TokenKind::Share && (new.client.is_none() || new.scope != Scope::Read) {
            return Err(Error::new(
                ErrorKind::Refused,
                "a share link shows one client and changes nothing",
                "",
            ));
        }
        if new.expires_at.is_some_and(|end| end <= now) {
            return Err(Error::new(ErrorKind::Refused, "it would be over before it began", ""));
        }
        let secret = new_token()?;
        let mut tx = self.begin().await?;
        let id = next(&mut tx, "tokens").await?;
        let sql = "INSERT INTO tokens (id, kind, name, hash, scope, client, created_by, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let params = [
            id.into(),
            new.kind.as_str().into(),
            new.name.as_str().into(),
            hashed(&secret).into(),
            new.scope.as_str().into(),
            new.client.clone().into(),
            who.into(),
            now.into(),
            new.expires_at.into(),
        ];
        tx.execute(sql, params).await?;
        let deed = format!("{} made", title(new.kind));
        note(&mut tx, who, now, &deed, &format!("{id} {}", new.name)).await?;
        tx.commit().await?;
        let token = Token {
            id,
            name: new.name.clone(),
            scope: new.scope,
            client: new.client.clone(),
            created_by: who.to_owned(),
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
        };
        Ok((token, secret))
    }

    /// All tokens or share links, by number.
    pub async fn tokens(&self, kind: TokenKind) -> Result<Vec<Token>> {
        let sql = format!("SELECT {TOKEN} FROM tokens WHERE kind = $1 ORDER BY id");
        self.fetch(&sql, [kind.as_str().into()]).await?.iter().map(token).collect()
    }

    /// The token or share link that this text opens, if it holds.
    pub async fn token(&self, secret: &Secret, now: Timestamp) -> Result<Option<(TokenKind, Token)>> {
        let sql = format!(
            "SELECT kind, {TOKEN} FROM tokens WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)"
        );
        let rows = self.fetch(&sql, [hashed(secret).into(), now.into()]).await?;
        rows.first().map(|row| Ok((word(row, "kind")?, token(row)?))).transpose()
    }

    /// Notes that a token was used.
    pub async fn note_use(&self, id: i64, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.execute("UPDATE tokens SET last_used_at = $2 WHERE id = $1", [id.into(), now.into()]).await?;
        tx.commit().await
    }

    /// Takes a token or share link away.
    pub async fn revoke_token(
        &self,
        kind: TokenKind,
        id: i64,
        (who, now): (&str, Timestamp),
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM tokens WHERE id = $1 AND kind = $2";
        let revoked = tx.execute(sql, [id.into(), kind.as_str().into()]).await?;
        if revoked > 0 {
            note(&mut tx, who, now, &format!("{} revoked", title(kind)), &id.to_string()).await?;
        }
        tx.commit().await?;
        Ok(revoked > 0)
    }
}

const fn title(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Api => "token",
        TokenKind::Share => "share link",
    }
}

fn word<T: FromStr<Err = String>>(row: &DbRow, column: &str) -> Result<T> {
    let text = row.text(column)?;
    text.parse().map_err(|error| Error::new(ErrorKind::Other, format!("{column}: {error}"), ""))
}

fn user(row: &DbRow) -> Result<User> {
    Ok(User {
        id: row.integer("id")?,
        email: row.text("email")?,
        role: word(row, "role")?,
        client: row.maybe_text("client")?,
        created_at: row.time("created_at")?,
        last_sign_in_at: row.maybe_time("last_sign_in_at")?,
    })
}

fn token(row: &DbRow) -> Result<Token> {
    Ok(Token {
        id: row.integer("id")?,
        name: row.text("name")?,
        scope: word(row, "scope")?,
        client: row.maybe_text("client")?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.maybe_time("expires_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}
