// Preloaded into a program (node --import). Prints the files that the program has loaded, and the stack at its exit.
import module, { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const loaded = new Set();
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) loaded.add(fileURLToPath(url));
    return next(url, context);
  },
});
process.on('exit', () => {
  // The hook does not see every file that CommonJS requires.
  const files = [...loaded, ...Object.keys(module._cache)];
  process.stderr.write(
    `loaded ${JSON.stringify({ files: [...new Set(files)], stack: new Error('end').stack })}\n`,
  );
});
