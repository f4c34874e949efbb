//! One test a row of the mission: the events (`s0`), the introduction (`s1`), the client and proxies
//! (`s2`), and the configuring of servers with their test tools and chat (`s3`). Each is named by its
//! row.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod chat_page;
mod client_memory;
mod client_opening;
mod client_rows;
mod client_settings;
mod connect;
mod events;
mod files;
mod introduction;
mod keep_alive;
mod long_messages;
mod proxies;
mod reaching;
mod shared_instance;
mod test_client;
mod test_server;
mod traced;
mod unread;
