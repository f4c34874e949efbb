//! Messages of a type of our own: a decoder makes moves of text, an encoder makes text of positions.
//!
//! Run it:
//!
//! ```text
//! cargo run --release --bin custom_codec
//! ```
//!
//! You see `listening on ws://127.0.0.1:8080`. Open <http://127.0.0.1:8080>, connect to `/robot` and
//! send `north 3`, then `east 2`: the answers are `0,3` and `2,3`. Send `up 1`: the answer is an
//! error, and the session goes on.

use ws_container::prelude::*;

/// A step of the robot, such as `north 3`.
struct Move {
    east: i64,
    north: i64,
}

#[derive(Default)]
struct MoveDecoder;

impl TextDecoder for MoveDecoder {
    type Message = Move;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn decode(&mut self, text: &str) -> Result<Move, Self::Error> {
        let (direction, steps) = text.split_once(' ').ok_or("write a direction and a number")?;
        let steps = i64::from(steps.parse::<i32>()?);
        match direction {
            "north" => Ok(Move { east: 0, north: steps }),
            "south" => Ok(Move { east: 0, north: -steps }),
            "east" => Ok(Move { east: steps, north: 0 }),
            "west" => Ok(Move { east: -steps, north: 0 }),
            _ => Err("directions are north, south, east and west".into()),
        }
    }
}

/// Where the robot is.
#[derive(Clone, Copy, Default)]
struct Position(i64, i64);

#[derive(Default)]
struct PositionEncoder;

impl TextEncoder for PositionEncoder {
    type Message = Position;
    type Error = std::convert::Infallible;

    fn encode(&self, Position(east, north): &Position) -> Result<String, Self::Error> {
        Ok(format!("{east},{north}"))
    }
}

#[server_endpoint("/robot", decoders = [MoveDecoder], encoders = [PositionEncoder])]
#[derive(Default)]
struct Robot(Position);

#[handlers]
impl Robot {
    #[on_message]
    fn step(&mut self, step: Move) -> Position {
        self.0 = Position(self.0.0 + step.east, self.0.1 + step.north);
        self.0
    }

    #[on_error]
    async fn not_a_move(&mut self, session: &Session, error: &DecodeError) -> Result<()> {
        let why = std::error::Error::source(error).map_or(String::new(), |e| format!(": {e}"));
        session.send(format!("`{}` is no move{why}", error.text())).await
    }
}

fn main() -> ExitCode {
    ws_container::main()
}
