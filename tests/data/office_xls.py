# Made tests/data/office.xls: a list as an office keeps it in an older workbook. It needs xlwt (PyPI): python3 office_xls.py office.xls
import xlwt, datetime, sys
b = xlwt.Workbook(encoding='utf-8')
s = b.add_sheet('权力清单')
bold = xlwt.easyxf('font: bold on')
date = xlwt.easyxf(num_format_str='yyyy-mm-dd')
s.write_merge(0, 0, 0, 4, '权力清单', bold)
for at, head in enumerate(['序号', '事项编码', '事项名称', '承诺时限', '核验日期']):
    s.write(1, at, head, bold)
items = [('11350121003619116B5000511001000', '最低生活保障对象审核', 4), ('11350121003619116B5000105001000', '适龄儿童、少年延缓入学或者休学批准', 6)]
for at, (code, name, days) in enumerate(items):
    row = 2 + at
    # Nobody has computed it: the result is not in the file.
    s.write(row, 0, xlwt.Formula('%d+0' % (at + 1)))
    s.write(row, 1, code)
    s.write(row, 2, name)
    s.write(row, 3, '%d个工作日' % days)
    s.write(row, 4, datetime.date(2016, 12, 20), date)
s.row(3).hidden = True
s.row(3).height_mismatch = True
h = b.add_sheet('隐藏'); h.write(0, 0, '不读'); h.visibility = 1
b.save(sys.argv[1])
