import { explain } from './commands/errors.js';
import { createProgram } from './commands/program.js';

try {
  await createProgram(process.env).parseAsync();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
// A connection that a failed command left open must not keep the process.
process.exit();
