export { HandlesJob, type JobContext, type JobHandler } from './job-handler.js';
