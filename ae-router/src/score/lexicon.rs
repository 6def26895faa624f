//! Classes of words that say something about the kind of work a prompt asks for.

use std::sync::LazyLock;

/// The number of classes.
pub(super) const CLASSES: usize = 18;

/// The name of each class and its words, lower case. A word belongs to one class.
const WORDS: [(&str, &str); CLASSES] = [
    ("question words", "what which who whom whose when where why how"),
    (
        "negations",
        "not no never except cannot without neither nor isn doesn don didn wasn aren won false incorrect least",
    ),
    (
        "conditions",
        "if then unless suppose assume given let because since implies therefore must should would could",
    ),
    (
        "quantities",
        "each every per total times twice half third quarter double triple percent sum average ratio fewer more less \
         many much remaining left altogether",
    ),
    (
        "units and money",
        "dollar dollars cents cost costs price pay paid minutes hours hour days day weeks week months month years miles \
         feet inches meters km kg pounds gallons cups money sold sells bought buys earns spends",
    ),
    (
        "mathematics",
        "integer integers real positive equation equations polynomial function functions triangle circle angle angles \
         probability prime divisor square root roots matrix vector derivative integral value values solution \
         solutions digits sequence graph coordinates modulo factorial perpendicular polygon radius area",
    ),
    (
        "code",
        "def return elif import self len range str int append lambda const var void null async await struct fn python \
         javascript java rust sql html css api array string dict class print assert code function's exception error \
         bug",
    ),
    ("hedges", "most best likely usually primarily main generally typically probably mainly often may might"),
    (
        "common words",
        "the a an of to and in is that it for was on are as with be by at from this or have has had were been its but",
    ),
    ("persons", "he she his her him they them i me my we us our their himself herself"),
    ("reader", "you your yours please"),
    (
        "open requests",
        "write explain describe list create generate summarize summarise translate implement design compare analyze \
         analyse provide tell make suggest discuss draft rewrite essay story poem email article paragraph plan ideas",
    ),
    (
        "computing requests",
        "find calculate compute determine prove show solve evaluate simplify express factor estimate complete output",
    ),
    (
        "natural science",
        "energy cell cells force acid temperature pressure electron electrons molecule dna protein proteins gene genes \
         species atom atoms current voltage wavelength mass velocity charge reaction water light heat gas earth \
         planet star stars plants animals organism organisms",
    ),
    (
        "law and business",
        "court plaintiff defendant contract state constitution law laws statute landowner deed liability owner company \
         firm market demand supply consumer tax bank interest rate marketing policy cost's federal property",
    ),
    (
        "ethics and argument",
        "wrong moral morally ethical scenario argues according argument theory statement statements true valid \
         conclusion premise standards principle",
    ),
    (
        "history and society",
        "century war king empire president party government political people country countries world states united \
         american british social society religion culture group",
    ),
    (
        "medicine and mind",
        "patient patients disease symptoms treatment blood child children woman man therapy psychologist behavior \
         behaviour memory brain muscle nerve infection health medical old",
    ),
];

/// The lower-cased FNV-1a hash of a word so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordHash(pub(super) u32);

impl WordHash {
    pub(super) const START: Self = Self(0x811c_9dc5);

    pub(super) fn push(self, lower: u8) -> Self {
        Self((self.0 ^ u32::from(lower)).wrapping_mul(0x0100_0193))
    }

    fn of(word: &str) -> Self {
        word.bytes().fold(Self::START, Self::push)
    }
}

/// The classes by word hash: open addressing, a quarter full.
#[derive(Debug)]
pub(super) struct Lexicon {
    slots: Vec<(u32, u8)>,
}

const SLOTS: usize = 2_048;
const EMPTY: u8 = u8::MAX;

impl Lexicon {
    pub(super) fn get() -> &'static Self {
        static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);
        &LEXICON
    }

    fn new() -> Self {
        let mut slots = vec![(0, EMPTY); SLOTS];
        for (class, (_, words)) in (0..).zip(WORDS) {
            for word in words.split_whitespace() {
                let hash = WordHash::of(word).0;
                let mut at = slot(hash);
                while let Some(taken) = slots.get(at) {
                    if taken.1 == EMPTY {
                        break;
                    }
                    at = (at + 1) % SLOTS;
                }
                if let Some(free) = slots.get_mut(at) {
                    *free = (hash, class);
                }
            }
        }
        Self { slots }
    }

    /// The class of the word with this hash.
    pub(super) fn class(&self, word: WordHash) -> Option<usize> {
        let mut at = slot(word.0);
        loop {
            let &(hash, class) = self.slots.get(at)?;
            if class == EMPTY {
                return None;
            }
            if hash == word.0 {
                return Some(usize::from(class));
            }
            at = (at + 1) % SLOTS;
        }
    }
}

fn slot(hash: u32) -> usize {
    usize::try_from(hash ^ (hash >> 15)).unwrap_or(0) % SLOTS
}
