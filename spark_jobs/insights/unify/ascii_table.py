"""Letters of the Latin, Greek and Cyrillic alphabets as ASCII, made from `anyascii` and checked in.

The job's runtime has no anyascii, and Spark SQL no function of the kind. Other scripts stay as they are. A test makes the
table again from the library and compares.
"""

from __future__ import annotations

#: Characters, and the one that stands for each.
ONE = (
    (
        "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïðñòóôõöøùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪ"
        "īĬĭĮįİıĴĵĶķĸĹĺĻļĽľĿŀŁłŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžſΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΙΚΛΜΝΞΟ"
        "ΠΡΣΤΥΦΩΪΫάέήίΰαβγδεζηικλμνξοπρςστυφωϊϋόύώЀЁЃІЇЈЋЌЍЎАБВГДЕЗИЙКЛМНОПРСТУФЪЫЬЭабвгдезийклмнопрстуфъыьэѐ"
        "ёѓіїјћќѝўḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚ"
        "ṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẟẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂ"
        "ểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹỼỽỾỿ"
    ),
    (
        "AAAAAACEEEEIIIIDNOOOOOOUUUUYaaaaaaceeeeiiiidnoooooouuuuyyAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiI"
        "iIiIiIiJjKkqLlLlLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzsAEIIOYOiAVGDEZIIKLMNXO"
        "PRSTYFOIYaeiiyavgdeziiklmnxoprsstyfoiyoyoEEGIIJCKIUABVGDEZIYKLMNOPRSTUF'Y'Eabvgdeziyklmnoprstuf'y'ee"
        "egiijckiuAaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrR"
        "rRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwysdAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeE"
        "eEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYyVvYy"
    ),
)
#: Characters for which several stand.
MANY = {
    "Æ": "Ae", "Þ": "Th", "ß": "ss", "æ": "ae", "þ": "th", "Ĳ": "IJ", "ĳ": "ij", "Ŋ": "Ng",
    "ŋ": "ng", "Œ": "Oe", "œ": "oe", "Θ": "Th", "Χ": "Ch", "Ψ": "Ps", "θ": "th", "χ": "ch",
    "ψ": "ps", "Ђ": "Dj", "Є": "Ie", "Ѕ": "Dz", "Љ": "Lj", "Њ": "Nj", "Џ": "Dzh", "Ж": "Zh",
    "Х": "Kh", "Ц": "Ts", "Ч": "Ch", "Ш": "Sh", "Щ": "Shch", "Ю": "Yu", "Я": "Ya", "ж": "zh",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ђ": "dj",
    "є": "ie", "ѕ": "dz", "љ": "lj", "њ": "nj", "џ": "dzh", "ẞ": "Ss", "Ỻ": "Ll", "ỻ": "ll",
}  # fmt: skip
