export { HandlesJob, type JobContext, type JobHandler } from './job-handler.js';
export type { JobSpec } from './job.js';
