export { forgetJobs } from './forget-jobs.js';
