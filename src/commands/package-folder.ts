import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** The folder of package.json and of the proto files, for a compiled module and for the bundle alike. */
export const packageFolder = dirname(findPackageJSON(import.meta.url)!);
