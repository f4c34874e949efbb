use ws_container::prelude::*;

#[server_endpoint("/{a}/{b}")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param("a", "b")] _room: &str) {}

    #[on_message]
    fn text(
        &mut self,
        #[path_param("a")]
        #[path_param("b")]
        _room: &str,
        _text: &str,
    ) {
    }
}

fn main() {}
