// Which spec files a change can break. Specs talk to a server over the wire, and every server loads every module, so
// imports alone would answer "all". Three things lead from a spec to a source:
//   - imports, through the doors of modules to the file that a name comes from;
//   - the services that a spec calls: the module that implements each of them, and what that module imports;
//   - the rules in spec-rules.json, for what is reached by URL, by a command, or by reading the sources.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { importsOf } from './imports.mjs';

const folders = ['src', 'libs', 'migrations', 'test'];
// They bring every module together: nothing follows from importing them.
const composition = new Set(['src/app.module.ts', 'src/main.ts']);

export class RelatedSpecs {
  #rules;
  #imports;
  /** By service: the folders of the modules that answer its calls. */
  #folders = new Map();
  /** By spec file: all files that it can fail by. */
  #needs = new Map();

  constructor(root) {
    this.#rules = JSON.parse(readFileSync(join(root, 'scripts/lib/spec-rules.json'), 'utf8'));
    const files = folders.flatMap((folder) => sourcesIn(root, folder));
    this.#imports = new Map(files.map((file) => [file, importsOf(root, file)]));
    for (const file of files.filter((name) => name.endsWith('.rpc.ts'))) {
      for (const service of this.#servicesIn(file)) {
        this.#folders.set(service, [...(this.#folders.get(service) ?? []), dirname(file)]);
      }
    }
    for (const spec of files.filter((file) => file.endsWith('.spec.ts'))) {
      const exercised = this.#rules.exercises
        .filter((rule) => spec.startsWith(rule.specs))
        .flatMap((rule) => files.filter((file) => rule.modules.some((folder) => file.startsWith(folder))));
      this.#needs.set(spec, this.#reachable([spec, ...exercised]));
    }
  }

  /** Paths from the root. */
  of(changed) {
    const specs = [...this.#needs.keys()];
    const matches = (pattern) => changed.some((file) => new RegExp(pattern).test(file));
    if (matches(this.#rules.everything)) return specs;
    const held = this.#rules.holds.filter((rule) => matches(rule.changed)).flatMap((rule) => rule.specs);
    return specs.filter(
      (spec) =>
        held.some((prefix) => spec.startsWith(prefix)) ||
        changed.some((file) => this.#needs.get(spec).has(file)),
    );
  }

  #reachable(starts) {
    const passedDoors = new Set();
    const reached = new Set(starts);
    // The loop also visits what it adds.
    for (const file of reached) {
      for (const next of this.#after(file, passedDoors)) reached.add(next);
    }
    return reached.union(passedDoors);
  }

  #after(file, passedDoors) {
    const next = (this.#imports.get(file) ?? []).flatMap((each) => this.#originsOf(each, passedDoors));
    if (file.startsWith('test/')) {
      for (const service of this.#servicesIn(file)) next.push(...this.#moduleOf(service));
    }
    // A module imports the modules below it to have their classes injected. Its files name those they use.
    return next.filter((target) => !composition.has(target) && !isModuleElsewhere(target, file));
  }

  /** The files that the imported names come from: a door only passes them on. */
  #originsOf({ file, names }, passedDoors) {
    if (file === undefined) return [];
    const isDoor = file.startsWith('src/') && basename(file) === 'index.ts';
    if (!isDoor || names === undefined) return [file];
    passedDoors.add(file);
    const passedOn = this.#imports.get(file) ?? [];
    return names.flatMap((name) => {
      const origins = passedOn.filter((each) => each.file && (each.names?.includes(name) ?? true));
      return origins.length === 0
        ? [file]
        : origins.flatMap((origin) => this.#originsOf({ file: origin.file, names: [name] }, passedDoors));
    });
  }

  #servicesIn(file) {
    return (this.#imports.get(file) ?? [])
      .filter(({ specifier }) => specifier.startsWith('@dovecote/contract/'))
      .flatMap(({ names = [] }) => names.filter((name) => name.endsWith('Service')));
  }

  /** All files beside the implementation: its jobs and pages serve the same calls. */
  #moduleOf(service) {
    const folders = this.#folders.get(service) ?? [];
    return [...this.#imports.keys()].filter(
      (file) => folders.includes(dirname(file)) && !file.endsWith('.spec.ts'),
    );
  }
}

function isModuleElsewhere(target, file) {
  return (
    target.startsWith('src/modules/') && target.endsWith('.module.ts') && dirname(target) !== dirname(file)
  );
}

function sourcesIn(root, folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .filter((file) => !/(^|\/)(node_modules|dist|gen)\//.test(file))
    .map((file) => join(folder, file));
}
