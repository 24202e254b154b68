export { type ContinuousWork, RunsContinuously } from './continuous-work.js';
export { untilYield } from './turn.js';
export { HandlesJob, type JobContext, type JobHandler } from './job-handler.js';
export { Rounds } from './rounds.js';
