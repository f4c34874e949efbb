#![deny(warnings)]

use std::convert::Infallible;

use ws_core::{
    BinaryDecoder, BinaryEncoder, FirstOf, Session, TextDecoder, TextEncoder, handlers,
    server_endpoint,
};

struct Line(String);
struct Point(u8, u8);
struct Size(u8);

#[derive(Default)]
struct LineDecoder;

impl TextDecoder for LineDecoder {
    type Message = Line;
    type Error = Infallible;

    fn decode(&mut self, text: &str) -> Result<Line, Infallible> {
        Ok(Line(text.to_owned()))
    }
}

#[derive(Default)]
struct Whispered;

impl TextDecoder for Whispered {
    type Message = Line;
    type Error = Infallible;

    fn will_decode(&self, text: &str) -> bool {
        text.starts_with("psst")
    }

    fn decode(&mut self, text: &str) -> Result<Line, Infallible> {
        Ok(Line(text.to_lowercase()))
    }
}

#[derive(Default)]
struct PointDecoder;

impl BinaryDecoder for PointDecoder {
    type Message = Point;
    type Error = &'static str;

    fn decode(&mut self, payload: &[u8]) -> Result<Point, &'static str> {
        let [x, y] = payload else { return Err("two bytes make a point") };
        Ok(Point(*x, *y))
    }
}

#[derive(Default)]
struct SizeEncoder;

impl TextEncoder for SizeEncoder {
    type Message = Size;
    type Error = Infallible;

    fn encode(&self, size: &Size) -> Result<String, Infallible> {
        Ok(size.0.to_string())
    }
}

#[derive(Default)]
struct PointEncoder;

impl BinaryEncoder for PointEncoder {
    type Message = Point;
    type Error = Infallible;

    fn encode(&self, point: &Point) -> Result<Vec<u8>, Infallible> {
        Ok(vec![point.0, point.1])
    }
}

#[server_endpoint(
    "/points",
    decoders = [LineDecoder, PointDecoder],
    encoders = [SizeEncoder, PointEncoder],
    crate = ws_core,
)]
#[derive(Default)]
struct Both;

#[handlers(crate = ws_core)]
impl Both {
    #[on_message]
    async fn line(&mut self, line: Line, session: &Session) -> Option<Size> {
        session.publish("lines", &line.0).await.ok()?;
        u8::try_from(line.0.len()).ok().map(Size)
    }

    #[on_message(max_size = 2)]
    fn point(&mut self, Point(x, y): Point) -> Result<Point, Infallible> {
        Ok(Point(y, x))
    }
}

#[server_endpoint("/first", decoders = [FirstOf<(Whispered, LineDecoder)>], crate = ws_core)]
#[derive(Default)]
struct First;

#[handlers(crate = ws_core)]
impl First {
    #[on_message]
    fn line(&mut self, line: Line) -> String {
        line.0
    }

    #[on_message]
    fn bytes(&mut self, bytes: &[u8]) -> usize {
        bytes.len()
    }
}

fn main() {}
