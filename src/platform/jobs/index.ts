export { forgetJobs } from './forget-jobs.js';
export { forgetSuperseded } from './forget-superseded.js';
export { postponeJobs } from './postpone-jobs.js';
export { recallJobs } from './recall-jobs.js';
export { type Lane, lanes, priorityNumber, type Task } from './task.js';
