/** Loads several test files into one process, each as a suite named after the file. */
'use strict';
const { describe } = require('node:test');

for (const file of process.argv.slice(2)) describe(file, () => void require(file));
