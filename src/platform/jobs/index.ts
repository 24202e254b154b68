export { forgetJobs } from './forget-jobs.js';
export { HandlesJob, type JobContext, type JobHandler } from './job-handler.js';
export type { JobSpec } from './job.js';
