export { Collection } from './collection.js';
export { HeatmapModule } from './heatmap.module.js';
