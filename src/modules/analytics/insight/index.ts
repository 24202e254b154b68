export { InsightModule } from './insight.module.js';
export { Insights } from './insights.service.js';
