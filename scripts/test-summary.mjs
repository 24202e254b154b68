// Reads Jest's JSON reports and prints their totals on one line.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const reports = process.argv.slice(2).map(read);
for (const { name, seconds } of slowest(8)) console.log(`${seconds.toFixed(0).padStart(5)} s  ${name}`);
const sum = (...names) =>
  reports.flatMap((report) => names.map((name) => report[name])).reduce((total, count) => total + count, 0);
const passed = sum('numPassedTests');
// A spec file that cannot be loaded has no tests to count, and yet is a failure.
const failed = sum('numFailedTests', 'numRuntimeErrorTestSuites');
const skipped = sum('numPendingTests', 'numTodoTests');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);

/** The spec files that took longest. */
function slowest(count) {
  return reports
    .flatMap((report) => report.testResults)
    .map(({ name, startTime, endTime }) => ({
      name: relative(process.cwd(), name),
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, count);
}

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
      testResults: [],
    };
  }
}
