export { DataImportModule } from './data-import.module.js';
