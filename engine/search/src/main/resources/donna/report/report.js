(function () {
  'use strict';
  const {data: s, css, palette, percent, plot, point, quantile, diagonal, draw} = page;
  const shapes = ['triangle', 'rect', 'circle', 'roundRect'];

  const measured = (m, first) => point(m.latencyMs, percent(m.top1), [first, m.architecture, `top-1 ${percent(m.top1).toFixed(2)} %`,
    `${m.latencyMs.toFixed(3)} ms`]);

  function pareto() {
    const kinds = [...new Set(s.baselines.map(b => b.kind))];
    const colors = palette().slice(2);
    const series = [
      {
        name: 'sampled, predicted', type: 'scatter', symbolSize: 4, large: true, itemStyle: {color: css('dots'), opacity: 0.5}, silent: true,
        data: s.evolution.sampled.map(p => [p.latencyMs, percent(p.predictedTop1)]),
      },
      {
        name: 'front, predicted', type: 'line', step: 'end', symbol: 'circle', symbolSize: 6,
        lineStyle: {width: 1.5, color: css('front')}, itemStyle: {color: css('front')},
        data: s.front.map(p => point(p.latencyMs, percent(p.predictedTop1), [p.architecture, `predicted ${percent(p.predictedTop1).toFixed(2)} %`,
          `${p.latencyMs.toFixed(3)} ms`])),
      },
      ...kinds.map((kind, i) => ({
        name: kind, type: 'scatter', symbol: shapes[i % shapes.length], symbolSize: 11, itemStyle: {color: colors[i % colors.length]},
        data: s.baselines.filter(b => b.kind === kind).map(b => measured(b, kind)),
      })),
      {
        name: 'picked models, measured', type: 'scatter', symbol: 'diamond', symbolSize: 17, z: 5,
        itemStyle: {color: css('picks'), borderColor: css('page'), borderWidth: 1.5},
        data: s.models.map(m => measured(m, m.name)),
        markLine: {
          silent: true, symbol: ['none', 'none'], lineStyle: {color: css('picks'), type: 'dotted', width: 1.5},
          data: s.models.map(m => [{coord: [m.predictedLatencyMs, percent(m.predictedTop1)]}, {coord: [m.latencyMs, percent(m.top1)]}]),
        },
      },
      {
        name: 'teacher, measured', type: 'scatter', symbol: 'pin', symbolSize: 26, z: 5, itemStyle: {color: css('teacher')},
        data: [measured(s.teacher, 'teacher')],
      },
    ];
    const option = plot(`latency of a batch of ${s.latency.batch}, ms`, 'top-1, %', series);
    const shown = [...s.front.map(p => p.predictedTop1), ...s.models.map(m => m.top1), ...s.baselines.map(b => b.top1), s.teacher.top1];
    if (s.evolution.sampled.length > 0) {
      shown.push(quantile(s.evolution.sampled.map(p => p.predictedTop1), 0.02));
    }
    option.yAxis.min = Math.floor(percent(Math.min(...shown)) * 2) / 2;
    option.grid.top = 72;
    return option;
  }

  function predictor() {
    const labels = s.predictor.labels;
    const bars = labels.flatMap(l => [[percent(l.lowTop1), percent(l.top1)], [percent(l.highTop1), percent(l.top1)], [null, null]]);
    return plot('predicted without it, %', 'measured, %', [
      diagonal(labels.flatMap(l => [percent(l.top1), percent(l.predictedTop1)])),
      {name: 'interval', type: 'line', symbol: 'none', silent: true, lineStyle: {color: css('dots'), width: 1.5}, itemStyle: {color: css('dots')}, data: bars},
      {
        name: 'labelled architecture', type: 'scatter', symbolSize: 9, itemStyle: {color: css('front')},
        data: labels.map(l => point(percent(l.predictedTop1), percent(l.top1), [l.architecture, `measured ${percent(l.top1).toFixed(2)} %`,
          `predicted ${percent(l.predictedTop1).toFixed(2)} %`])),
      },
    ]);
  }

  function library() {
    const colors = palette();
    return plot('latency of the block, ms', 'NSR', s.library.blocks.map((b, i) => ({
      name: b.name, type: 'scatter', symbolSize: 9, itemStyle: {color: colors[i % colors.length], opacity: 0.85},
      data: b.candidates.map(c => point(c.latencyMs, c.nsr, [`${b.name}: ${c.name}`, `NSR ${c.nsr.toFixed(3)}`, `${c.latencyMs.toFixed(3)} ms`])),
    })));
  }

  function latency() {
    const networks = s.latency.networks;
    return plot('sum of blocks, ms', 'whole network, ms', [
      diagonal(networks.flatMap(n => [n.sumMs, n.wholeMs])),
      {
        name: 'architecture', type: 'scatter', symbolSize: 9, itemStyle: {color: css('front')},
        data: networks.map(n => point(n.sumMs, n.wholeMs, [n.architecture, `sum ${n.sumMs.toFixed(3)} ms`, `whole ${n.wholeMs.toFixed(3)} ms`])),
      },
    ]);
  }

  draw({pareto, predictor, library, latency});
})();
