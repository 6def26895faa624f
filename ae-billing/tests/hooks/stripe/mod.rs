mod bodies;
mod catch_up;
mod life;
mod meaning;
mod verdicts;
