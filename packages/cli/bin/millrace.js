#!/usr/bin/env node
// npm links a command when it installs, before anything is built: so what it links cannot be in dist.
import '../dist/main.js';
