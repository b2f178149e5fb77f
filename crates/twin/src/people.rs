//! The words from which people and the companies they work for are made, and those whom several services know.

/// Somebody whom another service knows too.
pub(crate) struct Acquaintance {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: String,
    pub(crate) company: Option<String>,
    pub(crate) title: Option<&'static str>,
}

pub(crate) const FIRST_NAMES: &[&str] = &[
    "Alma", "Anton", "Bea", "Bastien", "Carla", "Cyrus", "Dana", "Dmitri", "Edda", "Emeka", "Farah", "Felix",
    "Greta", "Goran", "Hanne", "Hiro", "Ines", "Ivo", "Jana", "Joaquin", "Katya", "Kofi", "Leila", "Lorenz",
    "Maren", "Mateus", "Nadia", "Nils", "Odette", "Oskar", "Paula", "Pranav", "Quinn", "Rafael", "Rosa",
    "Samir", "Selma", "Tamsin", "Tomas", "Uma", "Ulrich", "Vera", "Viktor", "Wanda", "Yusuf", "Yara", "Zeno",
    "Zofia",
];

pub(crate) const LAST_NAMES: &[&str] = &[
    "Abara",
    "Aldous",
    "Bergqvist",
    "Brandt",
    "Castell",
    "Corrigan",
    "Dahl",
    "Demir",
    "Eklund",
    "Espinoza",
    "Faulkner",
    "Ferreira",
    "Gallo",
    "Grunwald",
    "Haddad",
    "Holloway",
    "Ibsen",
    "Iyer",
    "Jansen",
    "Jovic",
    "Kaplan",
    "Kowal",
    "Lambert",
    "Lindahl",
    "Marchetti",
    "Moreau",
    "Navarro",
    "Nyberg",
    "Okonjo",
    "Orlov",
    "Pacheco",
    "Pryce",
    "Quist",
    "Rahimi",
    "Rourke",
    "Sandoval",
    "Sorel",
    "Tanaka",
    "Thorne",
    "Ueda",
    "Urban",
    "Valdez",
    "Voss",
    "Wexler",
    "Whitlock",
    "Yilmaz",
    "Zeller",
];

pub(crate) const COMPANY_HEADS: &[&str] = &[
    "Alder", "Amber", "Birch", "Black", "Bright", "Cedar", "Clear", "Coral", "Crest", "Dawn", "East", "Elm",
    "Fair", "Flint", "Glen", "Gold", "Grey", "Hazel", "High", "Iron", "Kings", "Lake", "Linden", "Long",
    "Maple", "Mill", "Moss", "Nettle", "Oak", "Pine", "Quarry", "Red", "Rowan", "Silver", "Stone", "Summer",
    "Thistle", "West", "Willow", "Winter",
];

pub(crate) const COMPANY_TAILS: &[&str] = &[
    "bank", "bay", "beck", "bourne", "bridge", "brook", "bury", "by", "combe", "cote", "cross", "dale",
    "den", "fall", "field", "ford", "gate", "grove", "ham", "haven", "hill", "hollow", "hurst", "land",
    "leigh", "mark", "mere", "mont", "moor", "port", "ridge", "rock", "shaw", "shore", "stead", "thorpe",
    "vale", "water", "wick", "wood",
];

pub(crate) const TRADES: &[&str] = &[
    "Advisory",
    "Automation",
    "Bakeries",
    "Builders",
    "Clinics",
    "Components",
    "Couriers",
    "Dairy",
    "Energy",
    "Events",
    "Foods",
    "Foundry",
    "Freight",
    "Glass",
    "Hotels",
    "Interiors",
    "Legal",
    "Marine",
    "Media",
    "Optics",
    "Packaging",
    "Robotics",
    "Schools",
    "Textiles",
];

pub(crate) const TOWNS: &[&str] = &[
    "Aarhus", "Antwerp", "Austin", "Bergen", "Bilbao", "Boise", "Bordeaux", "Bristol", "Calgary", "Cardiff",
    "Cork", "Denver", "Dresden", "Ghent", "Graz", "Halifax", "Hobart", "Leeds", "Leipzig", "Lille", "Linz",
    "Lyon", "Malmo", "Nantes", "Oslo", "Perth", "Porto", "Poznan", "Quebec", "Riga", "Salzburg", "Seville",
    "Tampa", "Tartu", "Turin", "Turku", "Utrecht", "Vilnius", "Wroclaw", "Zurich",
];

pub(crate) const JOBS: &[&str] = &[
    "Buyer",
    "CFO",
    "CTO",
    "Founder",
    "Fleet Lead",
    "Head of Sales",
    "Managing Director",
    "Marketing Manager",
    "Office Manager",
    "Operations Director",
    "Plant Manager",
    "VP Procurement",
];

/// Where people have an address of their own.
pub(crate) const FREE_MAIL: &[&str] =
    &["gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "icloud.com", "gmx.de"];
