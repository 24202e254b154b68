// Reads Jest's JSON reports and prints their figures on a line of their own.
import { readFileSync } from 'node:fs';

const reports = process.argv.slice(2).map(read);
const sum = (...names) =>
  reports.flatMap((report) => names.map((name) => report[name])).reduce((total, count) => total + count, 0);
const passed = sum('numPassedTests');
// A spec file that cannot be loaded has no tests to count, and yet is a failure.
const failed = sum('numFailedTests', 'numRuntimeErrorTestSuites');
const skipped = sum('numPendingTests', 'numTodoTests');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The tests did not get as far as a report.
    return {
      numPassedTests: 0,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 0,
      numPendingTests: 0,
      numTodoTests: 0,
    };
  }
}
