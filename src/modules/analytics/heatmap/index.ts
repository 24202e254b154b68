export { HeatmapModule } from './heatmap.module.js';
