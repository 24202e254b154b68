export { forgetJobs } from './forget-jobs.js';
export { HandlesJob, type JobContext, type JobHandler } from '../worker/job-handler.js';
export type { JobSpec } from './job.js';
