//! A fresh machine.
