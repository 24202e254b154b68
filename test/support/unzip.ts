import { execFileSync } from 'node:child_process';

/** The files of a bundle, line by line, read by a tool that we did not write. */
export function unzipped(path: string): Record<string, unknown[]> {
  const script = `import sys, zipfile, json
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({n: [json.loads(l) for l in z.read(n).decode().splitlines()] for n in z.namelist()}))`;
  return JSON.parse(execFileSync('python3', ['-c', script, path]).toString()) as Record<string, unknown[]>;
}
