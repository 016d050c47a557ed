//! Statements that stand in the wrong kind of block: a word with a meaning elsewhere.

use crate::place::Block;
use crate::token::TokenKind;

/// A message and a way out for a statement that begins with `kind` in `block`; `None`: it may stand there, or the word
/// begins no statement.
pub(super) fn misplaced(kind: TokenKind, text: &str, block: Block) -> Option<(String, String)> {
    let home = home(kind)?;
    let (belongs, example) = match home {
        Home::Item => ("at the outermost level of a file", format!("close the braces in front of `{text}` first")),
        Home::Node => ("in a node", example_in_node(kind)),
        Home::Handler => ("in a handler", example_in_handler(kind)),
        Home::Task => ("in a task", format!("write it in a task: `experiment e {{ {text} … }}`")),
        Home::NodeOrHandler => ("in a node or in a handler", "in a task, compute with `if … then … else …`".to_owned()),
        Home::NodeOrTask => ("in a node or in a task", "in a handler, arrays are assigned whole".to_owned()),
        Home::Anywhere => ("in a node, a handler or a task", format!("write it in a node: `node N {{ {text} … }}`")),
    };
    let at_home = match (home, block) {
        (Home::Item, Block::File)
        | (Home::Node, Block::Node)
        | (Home::Handler, Block::Handler)
        | (Home::Task, Block::Task)
        | (Home::NodeOrHandler, Block::Node | Block::Handler)
        | (Home::NodeOrTask, Block::Node | Block::Task)
        | (Home::Anywhere, Block::Node | Block::Handler | Block::Task) => true,
        (_, Block::Names) => return None,
        _ => false,
    };
    if at_home { None } else { Some((format!("`{text}` stands {belongs}, not {}", within(block)), example)) }
}

/// Where a statement belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    Item,
    Node,
    Handler,
    Task,
    NodeOrHandler,
    NodeOrTask,
    Anywhere,
}

fn home(kind: TokenKind) -> Option<Home> {
    match kind {
        TokenKind::In | TokenKind::Out | TokenKind::State | TokenKind::On | TokenKind::Derivative => Some(Home::Node),
        TokenKind::Emit | TokenKind::Refractory => Some(Home::Handler),
        TokenKind::Run | TokenKind::Record | TokenKind::Assert => Some(Home::Task),
        TokenKind::If => Some(Home::NodeOrHandler),
        TokenKind::For => Some(Home::NodeOrTask),
        TokenKind::Let => Some(Home::Anywhere),
        kind if kind.begins_item() => Some(Home::Item),
        _ => None,
    }
}

fn within(block: Block) -> &'static str {
    match block {
        Block::File => "outside of all braces",
        Block::Node => "in a node's block",
        Block::Handler => "in a handler",
        Block::Task => "in a task",
        Block::Names => "in a list of names",
    }
}

fn example_in_node(kind: TokenKind) -> String {
    match kind {
        TokenKind::State => "declare it in the node: `node N { state v: mV = 0 }`",
        TokenKind::On => {
            "write it in a node's block: `node N { on v > v_th { … } }`; `if … { … }` chooses in a handler"
        }
        TokenKind::Derivative => "write the equation in the node: `node N { v' = … }`",
        _ => "declare the port in the node: `node N { in s: spike }`",
    }
    .to_owned()
}

fn example_in_handler(kind: TokenKind) -> String {
    match kind {
        TokenKind::Refractory => "it begins at an instant: `on v > v_th { emit z; refractory 2 ms { v' } }`",
        _ => "a spike happens at an instant: `on v > v_th { emit z }`",
    }
    .to_owned()
}
