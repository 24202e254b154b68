export { reseal } from './reseal.js';
export { type SealedColumn, sealedColumn, sealedColumns, sealedJob, sealedJobs } from './sealed-column.js';
