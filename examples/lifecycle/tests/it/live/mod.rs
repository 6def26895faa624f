//! Runs that go live at simulators of Stripe and Vercel.

mod crash;
mod guards;
mod rig;
mod whole;
