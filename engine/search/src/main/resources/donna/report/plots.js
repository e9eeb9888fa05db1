/* What all pages draw with. */
const page = (function () {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const css = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const palette = () => ['a', 'b', 'c', 'd', 'e', 'f'].map(css);
  const percent = share => 100 * share;
  const escape = text => echarts.format.encodeHTML(String(text));

  const axis = (name, more) => Object.assign({
    type: 'value',
    scale: true,
    name: name,
    nameLocation: 'middle',
    nameGap: 34,
    nameTextStyle: {color: css('soft')},
    axisLabel: {color: css('soft'), hideOverlap: true},
    axisLine: {show: true, lineStyle: {color: css('line')}},
    splitLine: {lineStyle: {color: css('line')}},
  }, more);

  const plot = (x, y, series) => ({
    animation: false,
    textStyle: {fontFamily: getComputedStyle(document.body).fontFamily},
    grid: {left: 64, right: 24, top: 44, bottom: 56},
    legend: {top: 0, left: 'center', textStyle: {color: css('ink')}, itemGap: 18},
    tooltip: {
      confine: true,
      backgroundColor: css('page'),
      borderColor: css('line'),
      textStyle: {color: css('ink'), fontSize: 13},
      formatter: p => p.data.text || '',
    },
    xAxis: axis(x),
    yAxis: axis(y, {nameGap: 46}),
    series: series,
  });

  const point = (x, y, lines) => ({value: [x, y], text: lines.map(escape).join('<br>')});
  const quantile = (values, q) => values.slice().sort((a, b) => a - b)[Math.floor(q * (values.length - 1))];

  const diagonal = values => {
    const ends = [Math.min(...values), Math.max(...values)];
    return {
      name: 'equal', type: 'line', symbol: 'none', silent: true, lineStyle: {color: css('soft'), type: 'dashed', width: 1},
      itemStyle: {color: css('soft')}, data: ends.map(v => [v, v]),
    };
  };

  /* Draws each plot into the element of its name, again where the window's size or colours change. */
  function draw(options) {
    const plots = Object.entries(options).map(([id, option]) => ({
      chart: echarts.init(document.getElementById(id), null, {renderer: 'svg'}),
      option: option,
    }));
    const all = () => plots.forEach(p => p.chart.setOption(p.option(), true));
    all();
    addEventListener('resize', () => plots.forEach(p => p.chart.resize()));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all);
  }

  return {data, css, palette, percent, plot, point, quantile, diagonal, draw};
})();
