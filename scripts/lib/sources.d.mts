export declare function compilations(root: string): { from: string; to: string }[];
export declare function sourcesIn(folder: string): string[];
